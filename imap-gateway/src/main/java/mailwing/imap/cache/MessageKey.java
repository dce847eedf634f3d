package mailwing.imap.cache;

import mailwing.imap.view.MailboxKey;

/// A message for good: neither a mailbox id nor a UID in it is ever given again.
public record MessageKey(MailboxKey mailbox, int uid) {}
