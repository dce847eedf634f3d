package mailwing.store.mime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import mailwing.store.v1.Envelope;
import org.jspecify.annotations.Nullable;

/// What THREAD knows of a message. Texts, which are only ever compared, are known by their hashes.
public final class Threadable {
  private static final long[] NOTHING = {};
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final int uid;
  private final long messageId;
  private final long[] references;
  private final long baseSubject;
  private final long sentMillis;
  private final long internalMillis;

  private Threadable(
      int uid,
      long messageId,
      long[] references,
      long baseSubject,
      long sentMillis,
      long internalMillis) {
    this.uid = uid;
    this.messageId = messageId;
    this.references = references;
    this.baseSubject = baseSubject;
    this.sentMillis = sentMillis;
    this.internalMillis = internalMillis;
  }

  /// Makes the messages of one mailbox.
  public static final class Maker {
    private final KeyedHash hash = KeyedHash.random();

    /// The texts in UTF-8.
    ///
    /// @param references as [ParsedMessage#references] has them, each behind its length in four
    ///   octets, the highest first
    /// @param from where the references begin
    /// @param sentMillis the sent date or, where there is none, the internal date (RFC 5256 section
    ///   2.2)
    /// @param internalMillis the internal date
    public Threadable make(
        int uid,
        byte @Nullable [] messageId,
        byte @Nullable [] references,
        int from,
        byte[] baseSubject,
        long sentMillis,
        long internalMillis) {
      return new Threadable(
          uid,
          messageId == null ? 0 : hash.of(messageId, 0, messageId.length),
          references == null ? NOTHING : hashes(references, from),
          baseSubject.length == 0 ? 0 : hash.of(baseSubject, 0, baseSubject.length),
          sentMillis,
          internalMillis);
    }

    private long[] hashes(byte[] references, int from) {
      int count = 0;
      for (int at = from; at < references.length; at += Integer.BYTES + length(references, at)) {
        count++;
      }
      long[] hashes = new long[count];
      int at = from;
      for (int i = 0; i < count; i++) {
        int start = at + Integer.BYTES;
        at = start + length(references, at);
        hashes[i] = hash.of(references, start, at);
      }
      return hashes;
    }

    private static int length(byte[] references, int at) {
      return (int) INTS.get(references, at);
    }
  }

  int uid() {
    return uid;
  }

  /// 0 for none.
  long messageId() {
    return messageId;
  }

  /// The oldest first.
  long[] references() {
    return references;
  }

  /// 0 where it is empty.
  long baseSubject() {
    return baseSubject;
  }

  long sentMillis() {
    return sentMillis;
  }

  long internalMillis() {
    return internalMillis;
  }

  /// Whether a message's subject says that it replies or forwards (RFC 5256 section 2.1): asked
  /// only of those that start threads of the same subject.
  public static boolean repliesOrForwards(Envelope envelope) {
    return BaseSubject.of(EncodedWords.decode(envelope.getSubject())).replyOrForward();
  }
}
