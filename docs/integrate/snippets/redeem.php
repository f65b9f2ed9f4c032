<?php // In the application: where a page needs a user, and your session check found nobody.
$page = getenv('APP') . strtok($_SERVER['REQUEST_URI'], '?');
[$token, $state] = [filter_input(INPUT_GET, 'oneTimeToken'), filter_input(INPUT_GET, 'state')];
function answer(int $status, string $text, string ...$headers): never {
    array_map('header', $headers);
    http_response_code($status);
    exit($text);
}
$go = fn($to, $kept) => answer(303, '', "Location: $to", "Set-Cookie: __Host-$kept; Path=/; Secure; HttpOnly; SameSite=Lax");
$fresh = bin2hex(random_bytes(16));
if (!$token) $go(getenv('LOGIN_URL') . '?returnTo=' . rawurlencode("$page?state=$fresh"), "state=$fresh; Max-Age=900");
if (!$state || $state !== filter_input(INPUT_COOKIE, '__Host-state'))
    answer(403, 'Please begin again.'); // it was another browser
if ($_SERVER['REQUEST_METHOD'] !== 'POST') // whoever only looks redeems nothing
    answer(200, '<form method=post><button>Continue</button></form><script>document.forms[0].submit()</script>', 'Referrer-Policy: no-referrer');
$request = ['method' => 'POST', 'content' => json_encode(['token' => $token, 'nonce' => $state]),
    'header' => ['Authorization: ' . getenv('API_KEY'), 'Content-Type: application/json']];
$answer = file_get_contents(getenv('COUNTERSIGN') . '/v1/one-time-tokens/redeem', false, stream_context_create(['http' => $request]));
$authentication = json_decode((string) $answer)?->authentication ?? answer(502, 'That did not work. Please try again.');
$go($page, "device=$authentication->token; Max-Age=2592000");
