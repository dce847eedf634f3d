package mailwing.smtp.fuzz;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLException;
import mailwing.testkit.TestTls;
import mailwing.testkit.fuzz.Answers;
import mailwing.testkit.fuzz.Damage;
import mailwing.testkit.fuzz.HostileSocket;

/// One client's session from its connection to its end, all by a seed.
final class SmtpDialogue implements AutoCloseable {
  private static final int STEPS = 25;

  private final Random random;
  private final SmtpScript script;
  private final Damage damage;
  private final SmtpModel model;
  private final HostileSocket socket;
  private boolean reset;
  private boolean unsettled;

  SmtpDialogue(House house, int port, String name, Random random, Answers answers)
      throws IOException {
    this.random = random;
    this.script = new SmtpScript(house, name, random);
    this.damage = new Damage(random);
    this.model = new SmtpModel(house, answers);
    this.socket = new HostileSocket(port, random);
    if (house.implicitTls()) {
      socket.startTls(TestTls.shared().clientContext());
    }
  }

  /// Says things until something ends it; what was sent to its end.
  List<Taken> run() throws IOException {
    try {
      if (random.nextInt(10) > 0) {
        hear();
      }
      begin();
      for (int step = random.nextInt(STEPS); step >= 0 && !over(); step--) {
        step();
      }
      end();
    } catch (SocketException | SSLException | EOFException e) {
      // A server that has said its last reply may reset what is still sent to it, and then that
      // reply may be lost.
      if (!model.mayHaveEnded() && !model.inHandshake()) {
        throw new AssertionError(told(), e);
      }
      unsettled = true;
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(told(), e);
    }
    return model.taken();
  }

  /// Did it go away before it heard what had become of all it had said?
  boolean unsettled() {
    return unsettled;
  }

  String told() {
    return socket.told();
  }

  private boolean over() {
    return reset || model.closed() || (model.inHandshake() && !model.mayShakeHands());
  }

  private void begin() throws IOException {
    if (random.nextInt(8) == 0) {
      return;
    }
    say(script.greeting());
    if (random.nextInt(4) == 0) {
      hear();
      say("STARTTLS\r\n");
      hear();
      if (!over()) {
        say(script.greeting());
      }
    }
    if (random.nextInt(6) > 0) {
      hear();
      if (!over()) {
        say(script.login());
      }
    }
  }

  private void step() throws IOException {
    if (model.withinMessage() && random.nextInt(4) > 0) {
      say(random.nextBoolean() ? script.response() : "\r\n.\r\n");
    } else {
      switch (random.nextInt(12)) {
        case 0 -> say(damage.of(script.command()));
        case 1 -> say(damage.of(String.join("", script.transaction())));
        case 2, 3 -> say(script.command());
        case 4 -> say(script.command() + script.command() + script.command());
        case 5 -> halved(script.command());
        case 6, 7 -> {
          for (String part : script.transaction()) {
            if (!over()) {
              say(part);
              hear();
            }
          }
        }
        default -> {
          if (!model.greeted() && random.nextBoolean()) {
            say(script.greeting());
          }
          if (!model.loggedIn() && random.nextBoolean()) {
            say(script.login());
          }
          say(String.join("", script.transaction()));
        }
      }
    }
    if (random.nextInt(5) > 0) {
      hear();
    }
  }

  /// Half a command is not answered.
  private void halved(String command) throws IOException {
    hear();
    if (over() || model.withinMessage()) {
      return;
    }
    int half = random.nextInt(command.length());
    say(command.substring(0, half));
    if (!model.due() && !model.mayEnd()) {
      socket.settle();
      pause();
      if (socket.hasInput()) {
        throw new AssertionError("an answer to half of " + command);
      }
    }
    say(command.substring(half));
  }

  private static void pause() {
    try {
      Thread.sleep(2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void say(String octets) throws IOException {
    model.sent(octets);
    socket.send(octets);
  }

  /// Takes what is owed, without sending anything more.
  private void hear() throws IOException {
    while (model.due()) {
      SmtpReply reply = SmtpReply.read(socket);
      if (reply == null) {
        if (model.mayEnd()) {
          throw new EOFException();
        }
        throw new AssertionError("the session ended without an answer");
      }
      model.replied(reply);
    }
    if (model.mayShakeHands()) {
      socket.startTls(TestTls.shared().clientContext());
      model.shookHands();
    }
  }

  private void end() throws IOException {
    if (random.nextBoolean()) {
      hear();
    }
    switch (random.nextInt(8)) {
      case 0 -> {
        unsettled = model.due();
        reset = true;
        socket.settle();
        socket.cut();
      }
      case 1 -> {
        unsettled = model.due();
        socket.close();
      }
      case 2 -> {
        if (!over() && !model.withinMessage()) {
          say("QUIT\r\n");
        }
        hear();
      }
      default -> {
        hear();
        if (!model.inHandshake()) {
          socket.endOutput();
          rest();
        }
      }
    }
  }

  /// What follows the end of what was sent: what is owed, and the end.
  private void rest() throws IOException {
    unsettled = model.mayEnd();
    for (SmtpReply reply = SmtpReply.read(socket); reply != null; reply = SmtpReply.read(socket)) {
      model.replied(reply);
    }
    if (model.due() && !model.mayEnd()) {
      throw new AssertionError("the session ended without an answer");
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
