package mailwing.store.domain;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import mailwing.store.StoreException;
import mailwing.store.mime.MessageParser;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.persistence.Blobs;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// A message as its octets come in: parsed on the way, held while it is small, written chunk by
/// chunk once it is not.
final class IncomingMessage {
  /// A longer header section is told in part.
  private static final int HEAD = 64 << 10;

  private final Blobs blobs;
  private final long limit;
  private final List<Copy> copies;
  private final MessageParser parser = new MessageParser();

  private byte[] held;
  private int length;
  private long size;
  private int chunks;
  private @Nullable ParsedMessage parsed;

  /// The beginning, once it is held no longer.
  private byte[] head = new byte[0];

  /// What one account stores: the octets behind a prefix of its own.
  static final class Copy {
    final long accountId;
    final byte[] prefix;
    final UUID blobId = Blobs.newId();

    /// Set when a chunk of this copy could not be written: the others go on.
    @Nullable StoreException failure;

    Copy(long accountId, byte[] prefix) {
      this.accountId = accountId;
      this.prefix = prefix;
    }
  }

  /// @param limit the most octets taken, prefix aside
  /// @param expected the size in octets if it is known, else 0
  IncomingMessage(Blobs blobs, long limit, long expected, List<Copy> copies) {
    this.blobs = blobs;
    this.limit = limit;
    this.copies = copies;
    this.held = new byte[Math.clamp(expected, 4096, Blobs.CHUNK)];
    checkSize(expected);
  }

  private void checkSize(long octets) {
    if (octets > limit) {
      throw new StoreException(
          ErrorCode.MESSAGE_TOO_LARGE, "a message has at most " + limit + " octets");
    }
  }

  void feed(ByteString data) {
    checkSize(size + data.size());
    size += data.size();
    int at = 0;
    while (at < data.size()) {
      if (length == Blobs.CHUNK) {
        spill();
      }
      int part = Math.min(data.size() - at, Blobs.CHUNK - length);
      if (length + part > held.length) {
        held = Arrays.copyOf(held, Math.min(Blobs.CHUNK, Math.max(held.length * 2, length + part)));
      }
      data.substring(at, at + part).copyTo(held, length);
      parser.feed(held, length, part);
      length += part;
      at += part;
    }
  }

  /// Writes what is held for every copy that is still whole.
  private void spill() {
    if (chunks == 0) {
      head = Arrays.copyOf(held, Math.min(length, HEAD));
    }
    byte[] body = length == held.length ? held : Arrays.copyOf(held, length);
    for (Copy copy : copies) {
      if (copy.failure != null) {
        continue;
      }
      try {
        blobs.upload(
            copy.accountId,
            copy.blobId,
            chunks,
            chunks == 0 ? with(copy.prefix, body, length) : body);
      } catch (StoreException e) {
        copy.failure = e;
      }
    }
    if (copies.stream().allMatch(copy -> copy.failure != null)) {
      throw new StoreException(ErrorCode.UNAVAILABLE, "the body cannot be written now");
    }
    chunks++;
    length = 0;
  }

  /// No more octets.
  ParsedMessage finish() {
    ParsedMessage known = parsed;
    if (known == null) {
      if (chunks > 0 && length > 0) {
        spill();
      }
      known = parser.finish();
      parsed = known;
    }
    return known;
  }

  /// Writes a small message too, so that it need not be held any longer.
  void release() {
    finish();
    if (chunks == 0) {
      spill();
    }
    held = new byte[0];
  }

  /// What a report to the sender returns of it: the header section, or all of a message that is
  /// small.
  byte[] returned(boolean whole) {
    byte[] from = spilled() ? head : held;
    int octets =
        (int) Math.min(finish().headerOctets(), Math.min(HEAD, spilled() ? head.length : length));
    return whole && !spilled() ? Arrays.copyOf(from, length) : Arrays.copyOf(from, octets);
  }

  boolean spilled() {
    return chunks > 0;
  }

  /// Octets held in memory.
  int held() {
    return held.length;
  }

  /// The octets of a copy, prefix included.
  long size(Copy copy) {
    return size + copy.prefix.length;
  }

  int firstChunkOctets(Copy copy) {
    return (int) (copy.prefix.length + Math.min(size, Blobs.CHUNK));
  }

  /// The whole body of a copy; null where it was written chunk by chunk.
  byte @Nullable [] body(Copy copy) {
    return spilled() ? null : with(copy.prefix, held, length);
  }

  /// So many octets behind a prefix.
  private static byte[] with(byte[] prefix, byte[] octets, int length) {
    if (prefix.length == 0 && octets.length == length) {
      return octets;
    }
    byte[] whole = Arrays.copyOf(prefix, prefix.length + length);
    System.arraycopy(octets, 0, whole, prefix.length, length);
    return whole;
  }

  /// Gives up: removes what was written for copies that did not become messages.
  void abandon(Copy copy) {
    if (spilled()) {
      blobs.abandon(copy.accountId, copy.blobId);
    }
  }
}
