package mailwing.bench;

/// How hard and how long a workload runs.
///
/// @param messageOctets size of a message that is sent or appended
/// @param seeded messages that the INBOX of an account that is read holds at least
/// @param clock tells the server's processor time
record Options(
    int connections,
    double warmUpSeconds,
    double seconds,
    int messageOctets,
    int seeded,
    CpuClock clock) {

  Options lasting(double newWarmUp, double newSeconds) {
    return new Options(connections, newWarmUp, newSeconds, messageOctets, seeded, clock);
  }

  Options with(int newConnections) {
    return new Options(newConnections, warmUpSeconds, seconds, messageOctets, seeded, clock);
  }

  Options with(CpuClock newClock) {
    return new Options(connections, warmUpSeconds, seconds, messageOctets, seeded, newClock);
  }

  /// Connections of the mix: fifty where others have twenty.
  int mixedConnections() {
    return connections * 5 / 2;
  }
}
