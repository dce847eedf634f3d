package mailwing.pop3.fuzz;

import java.io.IOException;
import java.util.Random;
import java.util.function.BooleanSupplier;
import mailwing.testkit.TestTls;
import mailwing.testkit.fuzz.Answers;
import mailwing.testkit.fuzz.Damage;
import mailwing.testkit.fuzz.HostileSocket;

/// One client's session, all by a seed.
final class Pop3Dialogue implements AutoCloseable {
  private static final int LONGEST_STATUS = 510;
  private static final int LONGEST_LINE = 8 << 20;

  private final Random random;
  private final Pop3Script script;
  private final Damage damage;
  private final Pop3Model model;
  private final HostileSocket socket;
  private boolean over;

  Pop3Dialogue(
      int port,
      boolean implicitTls,
      boolean trusted,
      String user,
      Maildrops world,
      BooleanSupplier inUse,
      Random random,
      Answers answers)
      throws IOException {
    this.random = random;
    this.script = new Pop3Script(user, random);
    this.damage = new Damage(random);
    this.model = new Pop3Model(world, user, trusted, implicitTls, inUse, answers);
    this.socket = new HostileSocket(port, random);
    if (implicitTls) {
      socket.startTls(TestTls.shared().clientContext());
    }
    hear();
  }

  boolean over() {
    return over || model.closed() || model.inHandshake();
  }

  /// Has the session a maildrop now?
  boolean holds() {
    return !over() && model.loggedIn();
  }

  String told() {
    return socket.told();
  }

  /// One thing said, and everything heard that is owed for it.
  void step() throws IOException {
    int messages = model.loggedIn() ? model.count() : -1;
    if (!model.loggedIn() && model.inUse() && random.nextInt(10) > 0) {
      end();
      return;
    }
    if (model.inSasl() && random.nextInt(8) > 0) {
      say(script.response());
      return;
    }
    switch (random.nextInt(12)) {
      case 0 -> say(damage.of(script.command(messages)) + "\r\n");
      case 1 -> {
        StringBuilder group = new StringBuilder();
        for (int i = random.nextInt(12); i >= 0; i--) {
          group.append(script.command(messages));
        }
        say(random.nextBoolean() ? group.toString() : damage.of(group.toString()) + "\r\n");
      }
      case 2 -> {
        if (model.loggedIn()) {
          say(inOrder());
        } else {
          say("STLS\r\n");
        }
      }
      case 3, 4, 5 -> say(model.loggedIn() ? script.command(messages) : script.login());
      case 6 -> {
        String command = script.command(messages);
        int half = random.nextInt(command.length());
        model.sent(command.substring(0, half));
        socket.send(command.substring(0, half));
        socket.settle();
        if (!model.due() && socket.hasInput()) {
          throw new AssertionError("an answer to half of " + command);
        }
        say(command.substring(half));
      }
      case 7 -> {
        if (random.nextInt(4) == 0) {
          end();
        }
      }
      default -> say(script.command(messages));
    }
  }

  /// As clients do who fetch a whole maildrop.
  private String inOrder() {
    StringBuilder all = new StringBuilder("UIDL\r\nLIST\r\n");
    for (int i = 1; i <= model.count(); i++) {
      all.append(random.nextInt(3) == 0 ? "TOP " + i + " 3\r\n" : "RETR " + i + "\r\n");
      if (random.nextInt(8) == 0) {
        all.append("DELE ").append(i).append("\r\n");
      }
    }
    return all.append("STAT\r\n").toString();
  }

  /// Logs in, and reads everything.
  void whole() throws IOException {
    say(script.login());
    if (!model.loggedIn()) {
      throw new AssertionError("no login at the end\n" + told());
    }
    say(inOrder().replaceAll("DELE \\d+\r\n", ""));
    say("QUIT\r\n");
  }

  private void say(String octets) throws IOException {
    model.sent(octets);
    socket.send(octets);
    hear();
  }

  private void hear() throws IOException {
    while (model.due() && !over) {
      String status;
      try {
        status = socket.line(12_288, true);
      } catch (java.net.SocketException e) {
        // Reset, with what was still being sent.
        status = null;
      }
      if (status == null) {
        if (!model.mayEnd()) {
          throw new AssertionError("the session ended without an answer");
        }
        over = true;
        return;
      }
      if (!status.startsWith("+ ") && status.length() > LONGEST_STATUS) {
        throw new AssertionError("a status of " + status.length() + " octets");
      }
      model.replied(status, status.startsWith("+OK") ? more(model.form()) : "");
    }
    if (model.mayShakeHands()) {
      socket.startTls(TestTls.shared().clientContext());
      model.shookHands();
    }
  }

  /// What follows a positive status, with its final dot.
  private String more(Pop3Model.Form form) throws IOException {
    if (form == Pop3Model.Form.ONE_LINE) {
      return "";
    }
    StringBuilder more = new StringBuilder();
    while (true) {
      String line = socket.line(LONGEST_LINE, form == Pop3Model.Form.LINES);
      if (line == null) {
        throw new AssertionError("the session ended within a response");
      }
      more.append(line).append("\r\n");
      if (line.equals(".")) {
        return more.toString();
      }
    }
  }

  /// Goes away: in good order, by closing, or by a reset in the midst of a response.
  void end() throws IOException {
    if (over()) {
      return;
    }
    switch (random.nextInt(4)) {
      case 0 -> {
        socket.send("DELE 1\r\nRETR 1\r\nRETR 2\r\nLIST\r\n");
        socket.settle();
        socket.cut();
        over = true;
      }
      case 1 -> {
        over = true;
        socket.close();
      }
      case 2 -> {
        socket.endOutput();
        if (!model.due() && socket.line(LONGEST_STATUS, true) != null) {
          throw new AssertionError("an answer to the end");
        }
        over = true;
      }
      default -> {
        if (!model.inSasl()) {
          say("QUIT\r\n");
          if (!over && socket.line(LONGEST_STATUS, true) != null) {
            throw new AssertionError("an answer after QUIT");
          }
        }
        over = true;
      }
    }
  }

  @Override
  public void close() throws IOException {
    over = true;
    socket.close();
  }
}
