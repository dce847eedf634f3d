package mailwing.gateway;

/// How a listener's connections are encrypted.
public enum Encryption {
  /// In clear; there is no TLS to be had (LMTP on loopback).
  NONE,
  /// In clear until the client asks for TLS.
  STARTTLS,
  /// TLS from the first octet (RFC 8314 §3).
  IMPLICIT
}
