package mailwing.store.persistence;

import com.google.protobuf.ByteString;

/// What is kept of a password. None of it leaves the store.
///
/// @param argon2id PHC string
/// @param scramSalt and the next three: SCRAM-SHA-256 (RFC 5802 §3)
public record Verifiers(
    String argon2id,
    ByteString scramSalt,
    int scramIterations,
    ByteString scramStoredKey,
    ByteString scramServerKey) {
  @Override
  public String toString() {
    return "(verifiers)";
  }
}
