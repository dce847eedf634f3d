package mailwing.store.persistence;

import java.time.Instant;
import java.util.List;

/// An API key without its secret.
///
/// @param accountId 0 for none
/// @param address of that account; empty for none
/// @param usable false once its account is disabled
public record ApiKeyRow(
    String name,
    List<String> scopes,
    long accountId,
    String address,
    boolean usable,
    Instant createdAt) {
  public ApiKeyRow {
    scopes = List.copyOf(scopes);
  }
}
