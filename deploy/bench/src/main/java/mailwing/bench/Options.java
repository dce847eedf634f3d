package mailwing.bench;

/// How hard and how long a workload runs.
///
/// @param messageOctets size of a message that is sent or appended
/// @param seeded messages that each account's INBOX holds at least before something is read
/// @param clock tells the server's processor time
record Options(
    int connections,
    double warmUpSeconds,
    double seconds,
    int messageOctets,
    int seeded,
    CpuClock clock) {}
