package mailwing.store.domain;

import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.NewMessage;

/// A submitted message on its way into its sender's mailbox of what is sent.
record SentCopy(Deliveries.Target target, NewMessage message) {}
