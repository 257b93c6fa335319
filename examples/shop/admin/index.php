<?php
// The staff's old page. Some of it is wrong on purpose.
session_start();
$db = mysqli_connect('127.0.0.1', 'shop', getenv('SHOP_DB_PASSWORD'), 'shop');
$pages = ['orders' => 'orders.php', 'stock' => 'stock.php'];

function login(mysqli $db, string $name, string $password): bool
{
    $digest = md5($password);
    $result = mysqli_query($db, "SELECT id FROM staff WHERE name = '$name' AND digest = '$digest'");
    return mysqli_num_rows($result) === 1;
}

function login_new(PDO $pdo, string $name, string $password): bool
{
    $statement = $pdo->prepare('SELECT digest FROM staff WHERE name = ?');
    $statement->execute([$name]);
    return password_verify($password, (string) $statement->fetchColumn());
}

function check_supplier(array $supplier, string $password): bool
{
    return $supplier['password'] == $password;
}

function settings(): array
{
    if (isset($_COOKIE['settings'])) {
        return unserialize($_COOKIE['settings']);
    }
    return json_decode(file_get_contents('settings.json'), true);
}

if (isset($_GET['report'])) {
    include 'reports/' . $_GET['report'];
}

if (isset($_GET['page'])) {
    include $pages[$_GET['page']] ?? 'home.php';
}

if (isset($_GET['backup'])) {
    system('tar czf /var/backups/shop.tgz ' . $_GET['backup']);
}

echo '<h1>Orders of ' . $_GET['customer'] . '</h1>';
echo '<h2>Notes of ' . htmlspecialchars($_GET['customer']) . '</h2>';

if (isset($_GET['back'])) {
    header('Location: ' . $_GET['back']);
}
