/// The whole system on one machine.
@NullMarked
package mailwing.quickstart;

import org.jspecify.annotations.NullMarked;
