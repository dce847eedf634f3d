/// The administration commands of ./mailwing: clients of the store's contract.
@NullMarked
package mailwing.cli;

import org.jspecify.annotations.NullMarked;
