package mailwing.pop3.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import mailwing.pop3.Pop3Gateway;
import mailwing.testkit.TestStore;
import mailwing.testkit.fuzz.Answers;
import org.jspecify.annotations.Nullable;

/// One seed's clients at one maildrop: by a gateway that gives it to one session at a time, and by
/// one that gives it to several.
final class Pop3Round {
  static final int BAD_COMMANDS = 60;
  static final int LOGIN_FAILURES = 3;
  private static final int CLIENTS = 3;
  private static final int STEPS = 120;
  private static final int MESSAGES = 12;

  /// @param exclusive gives a maildrop to one session at a time
  /// @param trusted takes logins without TLS
  record Door(Pop3Gateway gateway, boolean exclusive, boolean trusted) {}

  private record Guest(Pop3Dialogue dialogue, Door door) {}

  private final TestStore store;
  private final List<Door> doors;
  private final long seed;
  private final Random random;
  private final String user;
  private final Maildrops world = new Maildrops();
  private final @Nullable Guest[] guests = new Guest[CLIENTS];
  private final Answers answers;

  Pop3Round(TestStore store, List<Door> doors, long seed, Answers answers) {
    this.store = store;
    this.doors = doors;
    this.seed = seed;
    this.random = new Random(seed);
    this.user = "p" + seed + "@" + TestStore.DOMAIN;
    this.answers = answers;
  }

  void run() throws IOException {
    store.addUser("p" + seed);
    Pop3Script script = new Pop3Script(user, random);
    for (int i = random.nextInt(MESSAGES); i >= 0; i--) {
      deliver(script);
    }
    try {
      for (int step = 0; step < STEPS; step++) {
        if (random.nextInt(15) == 0) {
          deliver(script);
        }
        step(random.nextInt(CLIENTS), step);
      }
    } finally {
      for (Guest guest : guests) {
        if (guest != null) {
          guest.dialogue.close();
        }
      }
    }
    verify();
  }

  private void deliver(Pop3Script script) {
    String message = script.message();
    store.deliver(user, message.getBytes(StandardCharsets.ISO_8859_1));
    world.messages.add(new Maildrops.Message(message));
  }

  private void step(int slot, int step) throws IOException {
    Guest guest = guests[slot];
    try {
      if (guest == null || guest.dialogue.over()) {
        if (guest != null) {
          guest.dialogue.close();
        }
        guest = enter(slot);
        guests[slot] = guest;
      }
      guest.dialogue.step();
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(
          "seed " + seed + ", step " + step + "\n" + (guest == null ? "" : guest.dialogue.told()),
          e);
    }
  }

  private Guest enter(int slot) throws IOException {
    Door any = doors.get(random.nextInt(doors.size()));
    // Who waits for a maildrop that is in use waits for seconds: few shall.
    Door door = any.exclusive && isHeld(slot) && random.nextInt(30) > 0 ? doors.get(1) : any;
    boolean implicit = random.nextInt(6) == 0;
    return new Guest(
        new Pop3Dialogue(
            door.gateway.port(implicit ? "pop3s" : "pop3"),
            implicit,
            door.trusted,
            user,
            world,
            () -> door.exclusive && isHeld(slot),
            random,
            answers),
        door);
  }

  private boolean isHeld(int slot) {
    for (int i = 0; i < CLIENTS; i++) {
      Guest guest = guests[i];
      if (i != slot && guest != null && guest.door.exclusive && guest.dialogue.holds()) {
        return true;
      }
    }
    return false;
  }

  /// After all of them a fresh session finds what there should be.
  private void verify() throws IOException {
    Door door = doors.getFirst();
    try (Pop3Dialogue dialogue =
        new Pop3Dialogue(
            door.gateway.port("pop3"), false, true, user, world, () -> false, random, answers)) {
      dialogue.whole();
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + ", at the end", e);
    }
  }
}
