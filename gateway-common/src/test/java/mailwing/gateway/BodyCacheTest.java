package mailwing.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.Random;
import mailwing.gateway.BodyCache.Body;
import org.junit.jupiter.api.Test;

class BodyCacheTest {
  private static final int PIECE = BodyCache.PIECE;
  private static final long CAPACITY = 16 << 20;

  private final BodyCache cache = new BodyCache(CAPACITY);
  private final byte[] read = new byte[PIECE];

  private static Body body(int uid) {
    return new Body(1, 2, uid);
  }

  /// Octets without a NUL that no other body has.
  private static byte[] octets(int uid, int length) {
    byte[] octets = new byte[length];
    new Random(uid).nextBytes(octets);
    for (int i = 0; i < length; i++) {
      octets[i] |= 1;
    }
    return octets;
  }

  private void keep(Body body, byte[] octets) {
    cache.keep(body, ByteString.copyFrom(octets));
  }

  /// Whether a body of one piece is there, and as it was.
  private boolean use(int uid, int length) {
    int count = cache.read(body(uid), 0, read);
    if (count < 0) {
      keep(body(uid), octets(uid, length));
      return false;
    }
    assertThat(Arrays.copyOf(read, count)).isEqualTo(octets(uid, length));
    return true;
  }

  private int scan(int from, int to) {
    int found = 0;
    for (int uid = from; uid < to; uid++) {
      found += use(uid, 20_000) ? 1 : 0;
    }
    assertThat(cache.octets()).isLessThanOrEqualTo(CAPACITY);
    return found;
  }

  @Test
  void allPiecesAreAsTheyWereWhateverTheirLength() {
    for (int length : new int[] {1, 4095, 4096, 4097, PIECE - 1, PIECE, PIECE + 1, 300_000}) {
      byte[] octets = octets(length, length);
      // In several arrays.
      ByteString parts = ByteString.copyFrom(octets, 0, length / 3);
      parts = parts.concat(ByteString.copyFrom(octets, length / 3, length - length / 3));
      cache.keep(body(length), parts);
      for (int at = 0; at < length; at += PIECE) {
        int count = cache.read(body(length), at / PIECE, read);
        assertThat(count).isEqualTo(Math.min(PIECE, length - at));
        assertThat(Arrays.copyOf(read, count))
            .isEqualTo(Arrays.copyOfRange(octets, at, at + count));
      }
      assertThat(cache.read(body(length), (length + PIECE - 1) / PIECE, read)).isEqualTo(-1);
    }
  }

  @Test
  void aBodyIsFoundUnderItsOwnNameAlone() {
    keep(body(7), octets(7, 100));
    assertThat(cache.has(body(7), 0)).isTrue();
    assertThat(cache.has(new Body(2, 2, 7), 0)).isFalse();
    assertThat(cache.has(new Body(1, 3, 7), 0)).isFalse();
    assertThat(cache.read(new Body(2, 2, 7), 0, read)).isEqualTo(-1);
    assertThat(cache.read(body(8), 0, read)).isEqualTo(-1);
  }

  @Test
  void whatHoldsANulIsNotKept() {
    for (int at : new int[] {0, 31, 32, 8191, 8192, 99_999}) {
      byte[] octets = octets(at, 100_000);
      octets[at] = 0;
      keep(body(at), octets);
      assertThat(cache.has(body(at), 0)).as("NUL at %s", at).isFalse();
    }
  }

  @Test
  void whatIsUsedStaysThroughAScanOfMoreThanThereIsRoomFor() {
    scan(0, 200);
    assertThat(scan(0, 200)).isEqualTo(200);
    scan(1000, 4000);
    assertThat(scan(0, 200)).isEqualTo(200);
    assertThat(scan(1000, 4000)).isGreaterThan(300);
  }

  @Test
  void whatIsUsedAgainDrivesOutWhatIsNot() {
    scan(0, 2000);
    for (int i = 0; i < 60; i++) {
      scan(5000 + i * 8, 5008 + i * 8);
      scan(5000 + i * 8, 5008 + i * 8);
    }
    assertThat(scan(5000, 5480)).isGreaterThan(400);
  }

  @Test
  void sizesOfAllKindsNeverTakeMoreThanTheRoom() {
    Random random = new Random(11);
    int[] lengths = random.ints(500, 1, PIECE + 1).toArray();
    for (int i = 0; i < 20_000; i++) {
      int uid = random.nextInt(random.nextBoolean() ? 500 : 50);
      use(uid, lengths[uid]);
      assertThat(cache.octets()).isBetween(0L, CAPACITY);
    }
  }

  @Test
  void withoutRoomNothingIsKept() {
    BodyCache none = new BodyCache(0);
    none.keep(body(1), ByteString.copyFrom(octets(1, 10)));
    assertThat(none.has(body(1), 0)).isFalse();
    assertThat(none.read(body(1), 0, read)).isEqualTo(-1);
    assertThat(none.octets()).isZero();
  }
}
