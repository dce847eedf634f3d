package mailwing.store;

/// Where an account that lives on another site is to be found (RFC 2221).
///
/// @param site host or host:port
/// @param address the account's canonical address
public record Referral(String site, String address) {}
