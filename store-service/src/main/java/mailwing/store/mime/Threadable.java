package mailwing.store.mime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import mailwing.store.v1.Envelope;

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
    private final boolean links;
    private final int head;

    /// @param links whether Message-IDs and references are of interest
    /// @param head octets before the first reference
    public Maker(boolean links, int head) {
      this.links = links;
      this.head = head;
    }

    /// Makes one from its texts in UTF-8, each behind its length in four octets, the highest first,
    /// which is negative for none: the base subject, the Message-ID, and the references
    /// ([ParsedMessage#references]), each of which is behind its length again.
    ///
    /// @param from where they begin
    /// @param sentMillis the sent date or, where there is none, the internal date (RFC 5256 section
    ///   2.2)
    /// @param internalMillis the internal date
    public Threadable make(int uid, byte[] texts, int from, long sentMillis, long internalMillis) {
      int messageId = end(texts, from);
      int references = end(texts, messageId);
      return new Threadable(
          uid,
          links ? of(texts, messageId) : 0,
          links ? hashes(texts, references) : NOTHING,
          of(texts, from),
          sentMillis,
          internalMillis);
    }

    /// 0 for none, or an empty one.
    private long of(byte[] texts, int at) {
      return length(texts, at) <= 0 ? 0 : hash.of(texts, at + Integer.BYTES, end(texts, at));
    }

    private long[] hashes(byte[] texts, int from) {
      if (length(texts, from) <= head) {
        return NOTHING;
      }
      int first = from + Integer.BYTES + head;
      int end = end(texts, from);
      int count = 0;
      for (int at = first; at < end; at = end(texts, at)) {
        count++;
      }
      long[] hashes = new long[count];
      int at = first;
      for (int i = 0; i < count; i++) {
        int start = at + Integer.BYTES;
        at = end(texts, at);
        hashes[i] = hash.of(texts, start, at);
      }
      return hashes;
    }

    /// Where a text ends that begins with its length.
    private static int end(byte[] texts, int at) {
      return at + Integer.BYTES + Math.max(0, length(texts, at));
    }

    private static int length(byte[] texts, int at) {
      return (int) INTS.get(texts, at);
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
