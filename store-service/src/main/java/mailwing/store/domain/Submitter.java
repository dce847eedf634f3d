package mailwing.store.domain;

/// Who answers for what of a delivery leaves the house, and what their account asks for.
///
/// @param account 0: nobody; nothing leaves, and nothing is held
/// @param undoMillis what is submitted is held for so long
/// @param copyToSent what is submitted is put into the account's Sent mailbox too
public record Submitter(long account, long undoMillis, boolean copyToSent) {
  /// Mail for accounts of ours alone.
  public static final Submitter NOBODY = new Submitter(0, 0, false);

  /// The account alone.
  static Submitter of(long account) {
    return new Submitter(account, 0, false);
  }

  /// Until when a message is held, in milliseconds since 1970; 0: it is not.
  ///
  /// @param asked the time that was asked for; 0 for none
  long holdUntil(long asked, long now) {
    long until = Math.max(asked, undoMillis == 0 ? 0 : now + undoMillis);
    return account == 0 || until <= now ? 0 : until;
  }
}
