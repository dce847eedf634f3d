package mailwing.store.domain;

/// The bits of the contract's SystemFlag.
public final class SystemFlags {
  public static final int ALL = 31;

  private SystemFlags() {}
}
