package mailwing.gateway;

import java.io.IOException;

/// A line was longer than its limit.
public final class LineTooLongException extends IOException {
  private final boolean endless;

  LineTooLongException(int max, boolean endless) {
    super("line of more than " + max + " octets");
    this.endless = endless;
  }

  /// No end came within reason: the stream can no longer be trusted. If false, the line was read to
  /// its end.
  public boolean endless() {
    return endless;
  }
}
