package mailwing.cli;

import java.time.Instant;
import mailwing.store.v1.LiftLoginBanRequest;
import mailwing.store.v1.ListLoginBansRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Client addresses that may not log in for a while.
@Command(
    name = "ban",
    description = "Client addresses that may not log in, since too many of their logins failed.",
    mixinStandardHelpOptions = true)
public final class BanCommand implements Runnable {
  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say list or lift");
  }

  @Command(
      name = "list",
      description = "Lists the bans, one a line: address, failed logins, when it ends, by tabs.",
      mixinStandardHelpOptions = true)
  void list(@Mixin StoreOptions store) {
    Admin.list(
        store,
        spec,
        "bans",
        s -> s.listLoginBans(ListLoginBansRequest.getDefaultInstance()),
        ban ->
            ban.getAddress()
                + "\t"
                + ban.getFailures()
                + "\t"
                + Instant.ofEpochSecond(ban.getUntilSeconds()));
  }

  @Command(
      name = "lift",
      description = "Lets an address log in again.",
      mixinStandardHelpOptions = true)
  void lift(@Mixin StoreOptions store, @Parameters(paramLabel = "ADDRESS") String address) {
    boolean lifted = lifted(store, LiftLoginBanRequest.newBuilder().setAddress(address).build());
    Admin.out(spec).println(lifted ? address + " may log in again" : address + " is not banned");
  }

  private static boolean lifted(StoreOptions store, LiftLoginBanRequest request) {
    boolean[] lifted = new boolean[1];
    Admin.with(
        store,
        client ->
            lifted[0] =
                client.call(request.getAddress(), s -> s.liftLoginBan(request).getLifted()));
    return lifted[0];
  }
}
