/// Tests of the whole system, and of what holds between its rooms.
@NullMarked
package mailwing.acceptance;

import org.jspecify.annotations.NullMarked;
