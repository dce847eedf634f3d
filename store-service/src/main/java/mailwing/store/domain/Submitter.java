package mailwing.store.domain;

/// Who answers for what of a delivery leaves the house, and what their account asks for.
///
/// @param account 0: nobody; nothing leaves, and nothing is held
/// @param undoMillis what is submitted is held for so long
/// @param copyToSent what is submitted is put into the account's Sent mailbox too
/// @param notifies it is we who tell of what the account had submitted
public record Submitter(long account, long undoMillis, boolean copyToSent, boolean notifies) {
  /// An account that submits.
  public Submitter(long account, long undoMillis, boolean copyToSent) {
    this(account, undoMillis, copyToSent, false);
  }

  /// Mail for accounts of ours alone.
  public static final Submitter NOBODY = new Submitter(0, 0, false);

  /// We, of a message of the account's.
  static Submitter notifying(long account) {
    return new Submitter(account, 0, false, true);
  }

  /// Until when a message is held, in milliseconds since 1970; 0: it is not.
  ///
  /// @param asked the time that was asked for; 0 for none
  long holdUntil(long asked, long now) {
    long until = Math.max(asked, undoMillis == 0 ? 0 : now + undoMillis);
    return account == 0 || until <= now ? 0 : until;
  }
}
