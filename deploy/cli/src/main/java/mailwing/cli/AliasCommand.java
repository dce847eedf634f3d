package mailwing.cli;

import java.util.List;
import mailwing.store.v1.AddAliasRequest;
import mailwing.store.v1.ListAliasesRequest;
import mailwing.store.v1.RemoveAliasRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Addresses that deliver to users.
@Command(
    name = "alias",
    description = "Addresses that deliver to users.",
    mixinStandardHelpOptions = true)
public final class AliasCommand implements Runnable {
  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say add, list or remove");
  }

  @Command(name = "add", description = "Adds an alias.", mixinStandardHelpOptions = true)
  void add(
      @Mixin StoreOptions store,
      @Parameters(index = "0", paramLabel = "ADDRESS", description = "Such as info@example.org.")
          String address,
      @Parameters(
              index = "1..*",
              arity = "1..*",
              paramLabel = "TARGET",
              description = "Users, aliases, groups, or addresses elsewhere.")
          List<String> targets) {
    Admin.with(
        store,
        client ->
            client.call(
                address,
                s ->
                    s.addAlias(
                        AddAliasRequest.newBuilder()
                            .setAddress(address)
                            .addAllTargets(targets)
                            .build())));
  }

  @Command(
      name = "list",
      description = "Lists the aliases, one a line: address, a tab, the targets with commas.",
      mixinStandardHelpOptions = true)
  void list(
      @Mixin StoreOptions store,
      @Parameters(
              paramLabel = "DOMAIN",
              arity = "0..1",
              defaultValue = "",
              description = "Only of this domain.")
          String domain) {
    Admin.list(
        store,
        spec,
        domain.isEmpty() ? "aliases" : domain,
        s -> s.listAliases(ListAliasesRequest.newBuilder().setDomain(domain).build()),
        alias -> alias.getAddress() + "\t" + String.join(",", alias.getTargetsList()));
  }

  @Command(name = "remove", description = "Removes an alias.", mixinStandardHelpOptions = true)
  void remove(@Mixin StoreOptions store, @Parameters(paramLabel = "ADDRESS") String address) {
    Admin.with(
        store,
        client ->
            client.call(
                address,
                s -> s.removeAlias(RemoveAliasRequest.newBuilder().setAddress(address).build())));
  }
}
