package shop.reports;

import java.io.InputStream;
import java.io.ObjectInputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;

/** The nightly report. Some of it is wrong on purpose. */
class SalesReport {
    private final Connection connection;

    SalesReport(Connection connection) {
        this.connection = connection;
    }

    ResultSet salesOf(String seller) throws SQLException {
        PreparedStatement statement = connection.prepareStatement("SELECT total FROM orders WHERE seller = ?");
        statement.setString(1, seller);
        return statement.executeQuery();
    }

    ResultSet salesIn(String region) throws SQLException {
        String query = "SELECT total FROM orders WHERE region = '" + region + "' ORDER BY total";
        return connection.createStatement().executeQuery(query);
    }

    Document supplierList(InputStream input) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(input);
    }

    Object lastReport(InputStream input) throws Exception {
        try (ObjectInputStream stream = new ObjectInputStream(input)) {
            return stream.readObject();
        }
    }

    byte[] signature(byte[] report) throws Exception {
        return MessageDigest.getInstance("SHA-1").digest(report);
    }

    void mail(String address) throws Exception {
        Runtime.getRuntime().exec("sendmail " + address);
    }
}
