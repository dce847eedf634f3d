package mailwing.store.mime;

import java.util.Arrays;

/// Who is whose parent, without loops.
final class ThreadLinks {
  private static final int NONE = -1;

  /// Steps up a thread before a link is given up as if it made a loop: a bound for mailboxes made
  /// to be slow.
  private static final int STEPS = 20_000;

  private int[] parents;

  // Union-find over all links ever made: nodes of different sets have never been linked, so no loop
  // can come of it.
  private int[] sets;

  ThreadLinks(int nodes) {
    parents = new int[0];
    sets = new int[0];
    grow(Math.max(16, nodes * 2));
  }

  private void grow(int size) {
    int from = parents.length;
    parents = grown(parents, size);
    sets = Arrays.copyOf(sets, size);
    for (int i = from; i < size; i++) {
      sets[i] = i;
    }
  }

  static int[] grown(int[] array, int size) {
    if (size <= array.length) {
      return array;
    }
    int[] larger = Arrays.copyOf(array, Math.max(size, array.length * 2));
    Arrays.fill(larger, array.length, larger.length, NONE);
    return larger;
  }

  int parent(int node) {
    return node < parents.length ? parents[node] : NONE;
  }

  void cut(int node) {
    parents[node] = NONE;
  }

  /// Makes a parent of a node that has none, unless that made a loop.
  void join(int parent, int node) {
    int most = Math.max(parent, node);
    if (most >= parents.length) {
      grow(Math.max(most + 1, parents.length * 2));
    }
    int a = find(parent);
    int b = find(node);
    if (a == b && isAbove(node, parent)) {
      return;
    }
    sets[a] = b;
    parents[node] = parent;
  }

  private int find(int node) {
    int at = node;
    while (sets[at] != at) {
      sets[at] = sets[sets[at]];
      at = sets[at];
    }
    return at;
  }

  private boolean isAbove(int node, int below) {
    int at = below;
    for (int i = 0; i < STEPS && at != NONE; i++) {
      if (at == node) {
        return true;
      }
      at = parents[at];
    }
    return at != NONE;
  }

  /// All nodes, parents before children and brothers in ascending order.
  int[] order(int nodes) {
    int[] first = new int[nodes];
    int[] next = new int[nodes];
    Arrays.fill(first, NONE);
    Arrays.fill(next, NONE);
    int[] order = new int[nodes];
    int length = 0;
    for (int i = nodes - 1; i >= 0; i--) {
      int parent = parent(i);
      if (parent != NONE) {
        next[i] = first[parent];
        first[parent] = i;
      }
    }
    for (int i = 0; i < nodes; i++) {
      if (parent(i) == NONE) {
        order[length++] = i;
      }
    }
    for (int i = 0; i < length; i++) {
      for (int child = first[order[i]]; child != NONE; child = next[child]) {
        order[length++] = child;
      }
    }
    return order;
  }
}
