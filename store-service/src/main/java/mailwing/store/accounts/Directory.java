package mailwing.store.accounts;

/// What addresses mean: domains, accounts, aliases, details, postmaster.
///
/// Remembered in memory for a short time, so that a delivery costs no statement of its own.
public final class Directory {
  /// What `address` (local-part@domain, unquoted, or the bare word postmaster) leads to. Never
  /// fails on a malformed address: that is an unknown user, or not local.
  public Resolution resolve(String address) {
    return new Resolution.NotLocal();
  }
}
