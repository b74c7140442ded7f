<?php
// A sabre/dav as many hosters run it: Digest alone, and no plugin for sync-collection, for PHP's own web server. Its data are in SABRE_FOLDER.
error_reporting(E_ERROR);
ini_set('display_errors', '0');
date_default_timezone_set('UTC');
require 'Sabre/autoload.php';

$pdo = new PDO('sqlite:' . getenv('SABRE_FOLDER') . '/db.sqlite');
$pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$pdo->exec('
  CREATE TABLE IF NOT EXISTS users (id integer primary key, username text unique, digesta1 text);
  CREATE TABLE IF NOT EXISTS principals (id integer primary key, uri text unique, email text, displayname text, vcardurl text);
  CREATE TABLE IF NOT EXISTS groupmembers (id integer primary key, principal_id integer, member_id integer);
  CREATE TABLE IF NOT EXISTS addressbooks (id integer primary key, principaluri text, displayname text, uri text unique, description text, ctag integer);
  CREATE TABLE IF NOT EXISTS cards (id integer primary key, addressbookid integer, carddata blob, uri text, lastmodified integer);
');
$user = getenv('SABRE_USER');
$secret = md5($user . ':SabreDAV:' . getenv('SABRE_PASSWORD'));
$pdo->prepare('INSERT OR IGNORE INTO users (username, digesta1) VALUES (?, ?)')->execute([$user, $secret]);
$pdo->prepare('INSERT OR IGNORE INTO principals (uri, displayname) VALUES (?, ?)')->execute(["principals/$user", $user]);

$principals = new Sabre\DAVACL\PrincipalBackend\PDO($pdo);
$server = new Sabre\DAV\Server([
  new Sabre\DAVACL\PrincipalCollection($principals),
  new Sabre\CardDAV\AddressBookRoot($principals, new Sabre\CardDAV\Backend\PDO($pdo)),
]);
$server->setBaseUri('/');
$server->addPlugin(new Sabre\DAV\Auth\Plugin(new Sabre\DAV\Auth\Backend\PDO($pdo), 'SabreDAV'));
$server->addPlugin(new Sabre\DAVACL\Plugin());
$server->addPlugin(new Sabre\CardDAV\Plugin());
$server->exec();
