package mailwing.imap.cache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.Random;
import java.util.Set;
import mailwing.imap.view.MailboxKey;
import mailwing.store.v1.FetchedMessage;
import org.junit.jupiter.api.Test;

class MessageCacheTest {
  private static final long CAPACITY = 1 << 20;
  private static final MailboxKey MAILBOX = new MailboxKey(1, 2);

  private final MessageCache cache = new MessageCache(CAPACITY);

  private static KnownMessage header(int octets) {
    return KnownMessage.of(
        FetchedMessage.newBuilder().setHeader(ByteString.copyFrom(new byte[octets])).build(),
        Set.of(Need.HEADER));
  }

  private boolean use(int uid) {
    MessageKey key = new MessageKey(MAILBOX, uid);
    if (cache.find(key) != null) {
      return true;
    }
    cache.learn(key, header(800));
    return false;
  }

  private int scan(int from, int to) {
    int found = 0;
    for (int uid = from; uid < to; uid++) {
      found += use(uid) ? 1 : 0;
    }
    assertThat(cache.octets()).isLessThanOrEqualTo(CAPACITY);
    return found;
  }

  @Test
  void aScanOfMoreThanThereIsRoomForFindsWhatThereIsRoomFor() {
    scan(0, 3000);
    // About a thousand have room, an eighth of it for what passes.
    assertThat(scan(0, 3000)).isGreaterThan(750);
    assertThat(scan(0, 3000)).isGreaterThan(750);
  }

  @Test
  void anEnvelopeDoesNotKeepWhatItWasReadWith() {
    MessageKey key = new MessageKey(MAILBOX, 1);
    ByteString envelope = UnsafeByteOperations.unsafeWrap(new byte[50_000], 40_000, 300);
    cache.learn(
        key,
        KnownMessage.of(
            FetchedMessage.newBuilder().setEncodedEnvelope(envelope).build(),
            Set.of(Need.ENVELOPE)));
    ByteString kept = requireNonNull(requireNonNull(cache.find(key)).envelope());
    assertThat(kept).isEqualTo(envelope);
    assertThat(kept.asReadOnlyByteBuffer().capacity()).isEqualTo(300);
  }

  @Test
  void whatIsUsedStaysThroughAScan() {
    scan(0, 300);
    scan(0, 300);
    scan(10_000, 20_000);
    assertThat(scan(0, 300)).isEqualTo(300);
  }

  @Test
  void whatIsUsedAgainDrivesOutWhatIsNot() {
    scan(0, 3000);
    for (int i = 0; i < 40; i++) {
      scan(5000 + i * 20, 5020 + i * 20);
      scan(5000 + i * 20, 5020 + i * 20);
    }
    assertThat(scan(5000, 5800)).isGreaterThan(700);
  }

  @Test
  void whatIsLearnedOnlyIfThereIsRoomDrivesOutNothing() {
    scan(0, 3000);
    int kept = scan(0, 3000);
    for (int uid = 50_000; uid < 60_000; uid++) {
      cache.learnIfRoom(new MessageKey(MAILBOX, uid), header(800));
    }
    assertThat(scan(0, 3000)).isGreaterThanOrEqualTo(kept);
    assertThat(cache.peek(new MessageKey(MAILBOX, 59_999))).isNull();
  }

  @Test
  void whatIsLearnedIfThereIsRoomStaysAndIsAddedToWhatIsKnown() {
    MessageKey key = new MessageKey(MAILBOX, 1);
    cache.learn(key, header(800));
    cache.learnIfRoom(
        key,
        KnownMessage.of(
            FetchedMessage.newBuilder().setPreview("words").build(), Set.of(Need.PREVIEW)));
    KnownMessage known = cache.peek(key);
    assertThat(known).isNotNull();
    assertThat(known.knowsAll(Need.HEADER, Need.PREVIEW)).isTrue();
  }

  @Test
  void aScanThatDrivesOutNothingOfItselfIsFoundMoreAndMoreOften() {
    scan(0, 3000);
    int first = sparingScan();
    int second = sparingScan();
    int third = sparingScan();
    assertThat(first).isZero();
    assertThat(second).isPositive();
    assertThat(third).isGreaterThan(second);
  }

  /// As a FETCH of many messages looks at them.
  private int sparingScan() {
    long learned = 0;
    int found = 0;
    for (int uid = 10_000; uid < 13_000; uid++) {
      MessageKey key = new MessageKey(MAILBOX, uid);
      KnownMessage message = header(800);
      if (cache.find(key) != null) {
        found++;
      } else if (learned < cache.passage()) {
        learned += message.octets();
        cache.learn(key, message);
      } else {
        cache.learnIfRoom(key, message);
      }
    }
    return found;
  }

  @Test
  void moreIsAddedToWhatIsKnownAndTheRoomIsKept() {
    Random random = new Random(9);
    for (int i = 0; i < 20_000; i++) {
      MessageKey key = new MessageKey(MAILBOX, random.nextInt(2000));
      if (random.nextBoolean()) {
        cache.learn(key, header(random.nextInt(30_000)));
      } else {
        cache.learn(
            key,
            KnownMessage.of(
                FetchedMessage.newBuilder().setPreview("some words").build(),
                Set.of(Need.PREVIEW)));
      }
      assertThat(cache.octets()).isBetween(0L, CAPACITY);
    }
    MessageKey key = new MessageKey(MAILBOX, 77_777);
    cache.learn(key, header(10));
    cache.learn(
        key,
        KnownMessage.of(
            FetchedMessage.newBuilder().setPreview("words").build(), Set.of(Need.PREVIEW)));
    KnownMessage known = cache.find(key);
    assertThat(known).isNotNull();
    assertThat(known.knowsAll(Need.HEADER, Need.PREVIEW)).isTrue();
  }
}
