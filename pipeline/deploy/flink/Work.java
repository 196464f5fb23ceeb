import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Does the tasks that {@code minewatch run --plan --tasks} wrote on a Flink cluster, in shares:
 * each is one {@code minewatch work}, which sees the workspace as a folder. Only numbers of
 * shares pass through Flink. A share may run twice, or die: what is committed is not done
 * again, and the bytes stay the same, so Flink may restart as it likes.
 *
 * <p>Arguments: the program, the workspace, the file of tasks, the number of shares.
 */
public final class Work {
  private Work() {}

  public static void main(String[] args) throws Exception {
    if (args.length != 4) {
      throw new IllegalArgumentException("want PROGRAM WORKSPACE TASKS SHARES, got " + List.of(args));
    }
    long shares = Long.parseLong(args[3]);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setRuntimeMode(RuntimeExecutionMode.BATCH);
    env.fromSequence(0, shares - 1)
        .map(new Share(args[0], args[1], args[2], shares))
        .sinkTo(new DiscardingSink<>());
    env.execute("minewatch work " + args[1]);
  }

  /** Runs one share in a process of its own: DuckDB's memory is none of the JVM's. */
  private static final class Share extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1;

    private final String program;
    private final String workspace;
    private final String tasks;
    private final long shares;

    Share(String program, String workspace, String tasks, long shares) {
      this.program = program;
      this.workspace = workspace;
      this.tasks = tasks;
      this.shares = shares;
    }

    @Override
    public Long map(Long index) throws Exception {
      Process work =
          new ProcessBuilder(
                  program, "work", "-w", workspace, "--tasks", tasks, "--quiet",
                  "--index", Long.toString(index), "--of", Long.toString(shares))
              .inheritIO()
              .start();
      try {
        int code = work.waitFor();
        if (code != 0) {
          throw new IOException("share " + index + " of " + tasks + " ended with exit code " + code);
        }
      } finally {
        work.destroy(); // where the job was cancelled
      }
      return index;
    }
  }
}
