package mailwing.imap.view;

/// A mailbox by its owner's account and its id, which is never given to another mailbox.
public record MailboxKey(long account, long mailbox) {}
