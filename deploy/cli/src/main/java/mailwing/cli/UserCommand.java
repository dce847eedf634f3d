package mailwing.cli;

import com.google.protobuf.ByteString;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.ListUsersRequest;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.SetPasswordRequest;
import mailwing.store.v1.User;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// People with a mailbox.
@Command(name = "user", description = "People with a mailbox.", mixinStandardHelpOptions = true)
public final class UserCommand implements Runnable {
  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say add, list, passwd or remove");
  }

  @Command(
      name = "add",
      description = "Adds a user with INBOX, Sent, Drafts, Trash, Junk and Archive.",
      mixinStandardHelpOptions = true)
  void add(
      @Mixin StoreOptions store,
      @Option(
              names = "--password-stdin",
              description = "Take the password from the first line of the standard input.")
          boolean passwordStdin,
      @Option(
              names = "--quota-octets",
              paramLabel = "N",
              defaultValue = "0",
              description = "Octets of mail it may hold (default: no limit).")
          long quotaOctets,
      @Option(
              names = "--quota-messages",
              paramLabel = "N",
              defaultValue = "0",
              description = "Messages it may hold (default: no limit).")
          long quotaMessages,
      @Parameters(paramLabel = "ADDRESS", description = "Such as alice@example.org.")
          String address) {
    var password = Passwords.read(passwordStdin, address);
    Admin.with(
        store,
        client ->
            client.call(
                address, s -> s.addUser(request(address, password, quotaOctets, quotaMessages))));
  }

  @Command(
      name = "list",
      description = "Lists the users' addresses, one a line.",
      mixinStandardHelpOptions = true)
  void list(
      @Mixin StoreOptions store,
      @Option(
              names = {"-l", "--long"},
              description =
                  "Tab-separated: address, enabled or disabled, messages, octets, octets allowed"
                      + " (0: no limit).")
          boolean asLong,
      @Parameters(
              paramLabel = "DOMAIN",
              arity = "0..1",
              defaultValue = "",
              description = "Only of this domain.")
          String domain) {
    Admin.with(
        store,
        client ->
            client.call(
                domain.isEmpty() ? "users" : domain,
                s -> {
                  s.listUsers(ListUsersRequest.newBuilder().setDomain(domain).build())
                      .forEachRemaining(
                          user -> Admin.out(spec).println(asLong ? line(user) : user.getAddress()));
                  return true;
                }));
  }

  @Command(
      name = "passwd",
      description = "Sets a user's password; sessions opened with the old one end.",
      mixinStandardHelpOptions = true)
  void passwd(
      @Mixin StoreOptions store,
      @Option(
              names = "--password-stdin",
              description = "Take the password from the first line of the standard input.")
          boolean passwordStdin,
      @Parameters(paramLabel = "ADDRESS") String address) {
    var password = Passwords.read(passwordStdin, address);
    Admin.with(
        store,
        client ->
            client.call(
                address,
                s ->
                    s.setPassword(
                        SetPasswordRequest.newBuilder()
                            .setAddress(address)
                            .setPassword(password)
                            .build())));
  }

  @Command(
      name = "remove",
      description = "Removes a user and all its mail, for good.",
      mixinStandardHelpOptions = true)
  void remove(@Mixin StoreOptions store, @Parameters(paramLabel = "ADDRESS") String address) {
    Admin.with(
        store,
        client ->
            client.call(
                address,
                s -> s.removeUser(RemoveUserRequest.newBuilder().setAddress(address).build())));
  }

  private static AddUserRequest request(
      String address, ByteString password, long octets, long messages) {
    return AddUserRequest.newBuilder()
        .setAddress(address)
        .setPassword(password)
        .setQuota(QuotaLimits.newBuilder().setOctets(octets).setMessages(messages))
        .build();
  }

  private static String line(User user) {
    return String.join(
        "\t",
        user.getAddress(),
        user.getEnabled() ? "enabled" : "disabled",
        Long.toString(user.getUsage().getMessages()),
        Long.toString(user.getUsage().getOctets()),
        Long.toString(user.getQuota().getOctets()));
  }
}
