package mailwing.store.persistence;

import org.jspecify.annotations.Nullable;

/// An account as the directory keeps it.
///
/// @param credentialVersion grows whenever the password changes
/// @param administrator may see and set others' quotas
/// @param homeSite the site it lives on, host or host:port; empty: here
/// @param shared belongs to nobody: its mailboxes are in the shared namespace, and nobody logs in
/// @param verifiers null for an account that cannot log in with a password
public record AccountRow(
    long accountId,
    String address,
    boolean enabled,
    long credentialVersion,
    boolean administrator,
    String homeSite,
    boolean shared,
    @Nullable Verifiers verifiers) {}
