package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import mailwing.imap.cache.KnownMessage;
import mailwing.store.v1.EnvelopeArrays;
import org.jspecify.annotations.Nullable;

/// Envelopes that the store told together. They are asked for in their order nearly always, so each
/// is found behind the one before, and nothing is made of one until it is.
final class ToldEnvelopes {
  private final EnvelopeArrays told;

  /// Ascending.
  private final int[] uids;

  /// Where each block ends, as if these were one after another.
  private final int[] ends;

  private int next;
  private int block;

  ToldEnvelopes(EnvelopeArrays told) {
    this.told = told;
    uids = new int[told.getUidsCount()];
    Arrays.setAll(uids, told::getUids);
    ends = new int[told.getBlocksCount()];
    int end = 0;
    for (int i = 0; i < ends.length; i++) {
      end = Math.addExact(end, told.getBlocks(i).size());
      ends[i] = end;
    }
  }

  int count() {
    return uids.length;
  }

  int uid(int at) {
    return uids[at];
  }

  /// What is known of a message; null of one that is not among them.
  @Nullable KnownMessage of(int uid) {
    int at = next < uids.length && uids[next] == uid ? next : UidArrays.find(uids, uid);
    if (at < 0) {
      return null;
    }
    next = at + 1;
    return known(at);
  }

  KnownMessage known(int at) {
    return KnownMessage.ofEnvelope(octets(told.getStarts(at), told.getLengths(at)));
  }

  private ByteString octets(int start, int length) {
    if (length == 0) {
      return ByteString.EMPTY;
    }
    // Unless its message is in another order than its octets, it is in the block of the one before
    // or in the next.
    if (start < begin(block)) {
      block = 0;
    }
    while (ends[block] <= start) {
      block++;
    }
    int from = start - begin(block);
    return told.getBlocks(block).substring(from, from + length);
  }

  private int begin(int of) {
    return of == 0 ? 0 : ends[of - 1];
  }

  /// About what they hold in memory.
  long octets() {
    return (ends.length == 0 ? 0 : ends[ends.length - 1]) + 16L * count();
  }
}
