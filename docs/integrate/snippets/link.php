<?php // At the partner: GET /sell/2738 sends the signed-in user to that event in the application.
$user = ['userId' => '7421', 'email' => 'ana@northstar.example']; // whom your own session names
$params = ['event_id' => basename($_SERVER['REQUEST_URI'])];
$request = ['http' => [
    'method' => 'POST',
    'header' => ['Authorization: ' . getenv('API_KEY'), 'Content-Type: application/json'],
    'content' => json_encode(['flow' => 'sell', 'params' => $params, 'user' => $user]),
    'ignore_errors' => true, // so that a refusal can be read
]];
$answer = file_get_contents(getenv('COUNTERSIGN') . '/v1/links', false, stream_context_create($request));
$link = json_decode((string) $answer, true)['data'] ?? null;
if ($link === null) {
    error_log((string) $answer); // its request_id tells the operator why
    http_response_code(502);
    exit('Please try again.');
}
header('Cache-Control: no-store');
header("Location: $link", true, 303);
