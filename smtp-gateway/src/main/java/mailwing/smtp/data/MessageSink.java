package mailwing.smtp.data;

/// Takes a message's octets, transparency removed.
@FunctionalInterface
public interface MessageSink {
  /// The array belongs to the caller and changes after the call.
  void write(byte[] octets, int offset, int length);
}
