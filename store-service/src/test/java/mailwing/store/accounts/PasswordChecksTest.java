package mailwing.store.accounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.Verifiers;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What is computed for those who come at the same time, with a hash that takes as long as the test
/// wants.
final class PasswordChecksTest {
  private static final Optional<AccountRow> NOBODY = Optional.empty();

  private final CountDownLatch held = new CountDownLatch(1);
  private final AtomicInteger computed = new AtomicInteger();
  private boolean broken;
  private final PasswordChecks checks =
      new PasswordChecks(this::slow, new RememberedPasswords(Duration.ofMinutes(5)));

  private boolean slow(byte[] password, @Nullable Verifiers verifiers) {
    computed.incrementAndGet();
    TurnsTest.await(held);
    if (broken) {
      throw new StoreException(ErrorCode.UNAVAILABLE, "too many logins at a time");
    }
    return verifiers != null && new String(password, StandardCharsets.UTF_8).equals("wing");
  }

  private static Optional<AccountRow> account(long id, long version) {
    Verifiers verifiers =
        new Verifiers("phc", ByteString.EMPTY, 4096, ByteString.EMPTY, ByteString.EMPTY);
    return Optional.of(
        new AccountRow(id, "a@a.example", true, version, false, "", false, verifiers));
  }

  private boolean right(String name, Optional<AccountRow> account, String password) {
    return checks.right(name, account, password.getBytes(StandardCharsets.UTF_8));
  }

  /// Asks by so many threads, waits until all of them wait, and lets what is computed go on.
  private List<Future<Boolean>> atOnce(int threads, Supplier<Boolean> question) {
    List<Future<Boolean>> answers = new ArrayList<>();
    List<Thread> asking = new ArrayList<>();
    try (ExecutorService executor =
        Executors.newThreadPerTaskExecutor(
            task -> {
              Thread thread = Thread.ofVirtual().unstarted(task);
              asking.add(thread);
              return thread;
            })) {
      for (int i = 0; i < threads; i++) {
        answers.add(executor.submit(question::get));
      }
      while (!asking.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING)) {
        Thread.onSpinWait();
      }
      held.countDown();
    }
    return answers;
  }

  @Test
  void rightPasswordAtTheSameTimeIsComputedOnce() throws Exception {
    for (Future<Boolean> answer : atOnce(100, () -> right("a", account(1, 1), "wing"))) {
      assertThat(answer.get()).isTrue();
    }
    assertThat(computed).hasValue(1);
    assertThat(checks.running()).isZero();
  }

  @Test
  void wrongPasswordAtTheSameTimeIsComputedOnceAndNotRemembered() throws Exception {
    for (Future<Boolean> answer : atOnce(100, () -> right("a", account(1, 1), "wrong"))) {
      assertThat(answer.get()).isFalse();
    }
    assertThat(computed).hasValue(1);
    assertThat(right("a", account(1, 1), "wrong")).isFalse();
    assertThat(computed).hasValue(2);
  }

  @Test
  void nameThatNobodyHasIsComputedOnceAsWell() throws Exception {
    for (Future<Boolean> answer : atOnce(100, () -> right("a", NOBODY, "wing"))) {
      assertThat(answer.get()).isFalse();
    }
    assertThat(computed).hasValue(1);
  }

  @Test
  void differentNamesPasswordsAndVersionsAreComputedEach() throws Exception {
    AtomicInteger next = new AtomicInteger();
    atOnce(
        6,
        () ->
            switch (next.getAndIncrement()) {
              case 0 -> right("a", account(1, 1), "wing");
              case 1 -> right("a", account(1, 1), "wrong");
              case 2 -> right("a", account(1, 2), "wing");
              case 3 -> right("b", account(1, 1), "wing");
              case 4 -> right("aw", NOBODY, "ing");
              default -> right("a", NOBODY, "wing");
            });
    assertThat(computed).hasValue(6);
  }

  @Test
  void rememberedIsNotComputed() {
    held.countDown();
    assertThat(right("a", account(1, 1), "wing")).isTrue();
    assertThat(right("b", account(1, 1), "wing")).isTrue();
    assertThat(computed).hasValue(1);
    assertThat(right("a", account(1, 2), "wing")).isTrue();
    assertThat(computed).hasValue(2);
  }

  @Test
  void allWhoWaitForItAreToldThatItCannotBeComputed() {
    broken = true;
    for (Future<Boolean> answer : atOnce(10, () -> right("a", account(1, 1), "wing"))) {
      assertThatThrownBy(answer::get)
          .cause()
          .isInstanceOfSatisfying(
              StoreException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }
    assertThat(computed).hasValue(1);
    broken = false;
    assertThat(right("a", account(1, 1), "wing")).isTrue();
  }
}
