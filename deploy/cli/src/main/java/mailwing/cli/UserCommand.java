package mailwing.cli;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.Forwarding;
import mailwing.store.v1.GetUserRequest;
import mailwing.store.v1.ListUsersRequest;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.SetPasswordRequest;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.store.v1.User;
import org.jspecify.annotations.Nullable;
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
  private static final Pattern SITE = Pattern.compile("imap://([^/]+)/?", Pattern.CASE_INSENSITIVE);

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "say add, list, set, forward, move, passwd or remove");
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
      @Option(
              names = "--quota-mailboxes",
              paramLabel = "N",
              defaultValue = "0",
              description = "Mailboxes it may have (default: no limit).")
          long quotaMailboxes,
      @Option(
              names = "--administrator",
              description = "May see and set other users' quotas in a mail session.")
          boolean administrator,
      @Option(
              names = "--shared",
              description =
                  "An account of nobody: without a password, its mailboxes for those whom `share`"
                      + " names.")
          boolean shared,
      @Parameters(paramLabel = "ADDRESS", description = "Such as alice@example.org.")
          String address) {
    if (shared && (passwordStdin || administrator)) {
      throw new ParameterException(
          spec.commandLine(), "nobody logs in to a shared account, or administers by it");
    }
    var password = shared ? ByteString.EMPTY : Passwords.read(passwordStdin, address);
    AddUserRequest request =
        AddUserRequest.newBuilder()
            .setAddress(address)
            .setPassword(password)
            .setQuota(
                QuotaLimits.newBuilder()
                    .setOctets(quotaOctets)
                    .setMessages(quotaMessages)
                    .setMailboxes(quotaMailboxes))
            .setAdministrator(administrator)
            .setShared(shared)
            .build();
    Admin.with(store, client -> client.call(address, s -> s.addUser(request)));
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
                  "Tab-separated: address, enabled, disabled or shared, messages, octets, octets"
                      + " allowed (0: no limit), the site it lives on or here, seconds to undo,"
                      + " whether what it submits is kept in Sent.")
          boolean asLong,
      @Parameters(
              paramLabel = "DOMAIN",
              arity = "0..1",
              defaultValue = "",
              description = "Only of this domain.")
          String domain) {
    Admin.list(
        store,
        spec,
        domain.isEmpty() ? "users" : domain,
        s -> s.listUsers(ListUsersRequest.newBuilder().setDomain(domain).build()),
        user -> asLong ? line(user) : user.getAddress());
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

  @Command(
      name = "set",
      description = "Changes a user's limits and rights; what is not named stays.",
      mixinStandardHelpOptions = true)
  void set(
      @Mixin StoreOptions store,
      @Option(
              names = "--quota-octets",
              paramLabel = "N",
              description = "Octets of mail it may hold; 0: no limit.")
          @Nullable Long quotaOctets,
      @Option(
              names = "--quota-messages",
              paramLabel = "N",
              description = "Messages it may hold; 0: no limit.")
          @Nullable Long quotaMessages,
      @Option(
              names = "--quota-mailboxes",
              paramLabel = "N",
              description = "Mailboxes it may have; 0: no limit.")
          @Nullable Long quotaMailboxes,
      @Option(
              names = "--administrator",
              paramLabel = "true|false",
              arity = "1",
              description = "May see and set other users' quotas in a mail session.")
          @Nullable Boolean administrator,
      @Option(
              names = "--enabled",
              paramLabel = "true|false",
              arity = "1",
              description = "May log in and receive mail.")
          @Nullable Boolean enabled,
      @Option(
              names = "--undo-seconds",
              paramLabel = "N",
              description =
                  "What it submits is held for so long, and may be taken back by `queue take-back`;"
                      + " 0: not held, at most 3600.")
          @Nullable Integer undoSeconds,
      @Option(
              names = "--copy-to-sent",
              paramLabel = "true|false",
              arity = "1",
              description = "What it submits is kept in its Sent mailbox too.")
          @Nullable Boolean copyToSent,
      @Parameters(paramLabel = "ADDRESS") String address) {
    Admin.with(
        store,
        client ->
            client.call(
                address,
                s -> {
                  UpdateUserRequest.Builder update =
                      UpdateUserRequest.newBuilder().setAddress(address);
                  if (quotaOctets != null || quotaMessages != null || quotaMailboxes != null) {
                    QuotaLimits.Builder quota =
                        s
                            .getUser(GetUserRequest.newBuilder().setAddress(address).build())
                            .getQuota()
                            .toBuilder();
                    Optional.ofNullable(quotaOctets).ifPresent(quota::setOctets);
                    Optional.ofNullable(quotaMessages).ifPresent(quota::setMessages);
                    Optional.ofNullable(quotaMailboxes).ifPresent(quota::setMailboxes);
                    update.setQuota(quota);
                  }
                  Optional.ofNullable(administrator).ifPresent(update::setAdministrator);
                  Optional.ofNullable(enabled).ifPresent(update::setEnabled);
                  Optional.ofNullable(undoSeconds).ifPresent(update::setUndoSeconds);
                  Optional.ofNullable(copyToSent).ifPresent(update::setCopyToSent);
                  return s.updateUser(update.build());
                }));
  }

  @Command(
      name = "forward",
      description = {
        "Says where a user's mail goes on to, or with neither address nor option where it goes now.",
        "It leaves under a reverse-path of ours (SRS)."
      },
      mixinStandardHelpOptions = true)
  void forward(
      @Mixin StoreOptions store,
      @Option(names = "--no-copy", description = "The mail goes on alone: none stays.")
          boolean noCopy,
      @Option(names = "--none", description = "It goes nowhere any more.") boolean none,
      @Parameters(index = "0", paramLabel = "ADDRESS") String address,
      @Parameters(
              index = "1..*",
              paramLabel = "TARGET",
              description = "Addresses here or elsewhere, in place of those named before.")
          @Nullable List<String> targets) {
    List<String> to = targets == null ? List.of() : targets;
    if (none && !to.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--none goes without addresses");
    }
    if (to.isEmpty() && !none) {
      Admin.with(
          store,
          client ->
              forwarding(
                  client.call(
                      address,
                      s -> s.getUser(GetUserRequest.newBuilder().setAddress(address).build()))));
      return;
    }
    UpdateUserRequest request =
        UpdateUserRequest.newBuilder()
            .setAddress(address)
            .setForwarding(Forwarding.newBuilder().addAllTargets(to).setKeepsCopy(!noCopy))
            .build();
    Admin.with(store, client -> client.call(address, s -> s.updateUser(request)));
  }

  private void forwarding(User user) {
    if (user.hasForwarding()) {
      user.getForwarding().getTargetsList().forEach(Admin.out(spec)::println);
      Admin.out(spec)
          .println(user.getForwarding().getKeepsCopy() ? "a copy stays" : "no copy stays");
    }
  }

  @Command(
      name = "move",
      description = {
        "Says on which site a user lives. Logins by IMAP are referred there, others refused; mail",
        "is still taken here."
      },
      mixinStandardHelpOptions = true)
  void move(
      @Mixin StoreOptions store,
      @Option(
              names = "--site",
              paramLabel = "URL|none",
              required = true,
              description = "Such as imap://imap.example.net or imap://host:port; none: here.")
          String site,
      @Parameters(paramLabel = "ADDRESS") String address) {
    UpdateUserRequest request =
        UpdateUserRequest.newBuilder().setAddress(address).setHomeSite(homeSite(site)).build();
    Admin.with(store, client -> client.call(address, s -> s.updateUser(request)));
  }

  private String homeSite(String site) {
    if (site.equals("none")) {
      return "";
    }
    Matcher url = SITE.matcher(site);
    if (!url.matches()) {
      throw new ParameterException(
          spec.commandLine(), "a site is imap://host, imap://host:port or none");
    }
    return url.group(1);
  }

  private static String line(User user) {
    return String.join(
        "\t",
        user.getAddress(),
        !user.getEnabled() ? "disabled" : user.getShared() ? "shared" : "enabled",
        Long.toString(user.getUsage().getMessages()),
        Long.toString(user.getUsage().getOctets()),
        Long.toString(user.getQuota().getOctets()),
        user.getHomeSite().isEmpty() ? "here" : user.getHomeSite(),
        Integer.toString(user.getUndoSeconds()),
        Boolean.toString(user.getCopyToSent()));
  }
}
