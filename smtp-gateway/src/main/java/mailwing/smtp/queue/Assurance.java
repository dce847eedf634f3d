package mailwing.smtp.queue;

/// What is known of the host at a connection's other end; and what a message asks for, which less
/// does not do.
enum Assurance {
  /// Nothing: the domain's policies were not looked at (RFC 8689 §4.2.2).
  NONE,
  /// The domain's policies were followed; where it has none, it may be anybody, in the clear.
  POLICY,
  /// Its name is vouched for and its certificate verified (RFC 8689 §4.2.1).
  VERIFIED
}
