package mailwing.bench;

import java.util.Locale;

/// Whether a ratio has become worse than the published one, or whether that is noise.
///
/// Noise is what two runs of the same differ by: three times the spread that was published or that
/// is seen now, whichever is greater, at least a fifth and at most a half of the published ratio. A
/// ratio below half of the published one is never noise. Where other processes took more of the
/// machine than they may, nothing is told.
record Guard(String row, Verdict verdict, String text) {
  private static final double LEAST = 0.20;
  private static final double MOST = 0.50;
  private static final double SPREADS = 3;

  /// What was found.
  enum Verdict {
    HOLDS,
    WORSE,
    NOT_TOLD
  }

  /// The exit code with this one: 0 as long as all hold, 1 once one is worse, 3 if one is not told.
  int worse(int code) {
    return switch (verdict) {
      case HOLDS -> code;
      case WORSE -> 1;
      case NOT_TOLD -> code == 0 ? 3 : code;
    };
  }

  static Guard judge(String row, Figures published, Figures now) {
    double noise = Math.clamp(SPREADS * Math.max(published.spread(), now.spread()), LEAST, MOST);
    double least = published.ratio() * (1 - noise);
    Verdict verdict =
        now.disturbed() || !Double.isFinite(now.ratio())
            ? Verdict.NOT_TOLD
            : now.ratio() < least ? Verdict.WORSE : Verdict.HOLDS;
    return new Guard(
        row,
        verdict,
        String.format(
            Locale.ROOT,
            "%-30s %-9s ratio %s, published %s, at least %s with noise of %.0f %%",
            row,
            verdict.name().toLowerCase(Locale.ROOT).replace('_', ' '),
            Figures.number(now.ratio()),
            Figures.number(published.ratio()),
            Figures.number(least),
            100 * noise));
  }
}
