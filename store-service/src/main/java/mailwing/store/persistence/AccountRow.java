package mailwing.store.persistence;

import org.jspecify.annotations.Nullable;

/// An account as the directory keeps it.
///
/// @param credentialVersion grows whenever the password changes
/// @param verifiers null for an account that cannot log in with a password
public record AccountRow(
    long accountId,
    String address,
    boolean enabled,
    long credentialVersion,
    @Nullable Verifiers verifiers) {}
