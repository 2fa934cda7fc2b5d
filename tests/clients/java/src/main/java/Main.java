// What the JDBC driver does with its defaults: java -cp ... Main HOST:PORT
import java.sql.*;

public class Main {
    static void check(boolean holds, String what) {
        if (!holds) throw new IllegalStateException(what);
    }

    static int count(ResultSet rows) throws SQLException {
        int n = 0;
        while (rows.next()) n++;
        return n;
    }

    static String error(Statement statement, String sql) {
        try {
            statement.executeQuery(sql);
            return "";
        } catch (SQLException error) {
            return error.getMessage();
        }
    }

    public static void main(String[] arguments) throws Exception {
        String url = "jdbc:clickhouse://" + arguments[0] + "/default";
        try (Connection c = DriverManager.getConnection(url, "default", "");
                Statement s = c.createStatement()) {
            s.execute("DROP TABLE IF EXISTS java_client");
            s.execute("CREATE TABLE java_client (a UInt64, s String) ENGINE = MergeTree ORDER BY a");
            check(count(c.getMetaData().getColumns(null, "default", "java_client", "%")) == 2, "columns");
            PreparedStatement insert = c.prepareStatement("INSERT INTO java_client (a, s) VALUES (?, ?)");
            for (int i = 0; i < 1000; i++) {
                insert.setLong(1, i);
                insert.setString(2, "it's /" + i);
                insert.addBatch();
            }
            insert.executeBatch();
            check(count(s.executeQuery("SELECT * FROM java_client")) == 1000, "rows of the table");
            check(count(s.executeQuery("SELECT number, toString(number) FROM numbers(1000000)")) == 1000000, "a million rows");
            check(error(s, "SELECT * FROM nowhere").contains("Code: 60"), "an error");
            Thread cancelling = new Thread(() -> {
                try {
                    Thread.sleep(1500);
                    s.cancel();
                } catch (Exception error) {
                    throw new IllegalStateException(error);
                }
            });
            cancelling.start();
            check(error(s, "SELECT count() FROM numbers(1000000000000000)").contains("Code: 394"), "cancelled");
            cancelling.join();
        }
        System.exit(0);
    }
}
