/// What hostile clients of every protocol need: grammars, damage and a socket to send them by.
@NullMarked
package mailwing.testkit.fuzz;

import org.jspecify.annotations.NullMarked;
