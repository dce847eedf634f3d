package mailwing.imap.command;

/// A date-time (RFC 9051 §9): milliseconds since 1970 and its zone in minutes east of UTC.
public record InternalDate(long epochMillis, int zoneMinutes) {}
