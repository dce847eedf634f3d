package mailwing.smtp.session;

/// What the client said it is.
sealed interface Peer {
  /// No greeting yet.
  record Unknown() implements Peer {}

  /// It has greeted.
  ///
  /// @param extended EHLO or LHLO rather than HELO
  record Greeted(String domain, boolean extended) implements Peer {}
}
