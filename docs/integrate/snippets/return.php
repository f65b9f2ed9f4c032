<?php // At the partner: the login ends here, at /back?returnTo=…, once the user has signed in.
$user = rawurlencode('ana@northstar.example'); // whom your own session names
$returnTo = filter_input(INPUT_GET, 'returnTo') ?: '';
// APP is https://market.example: with the slash behind it, no other host can follow.
if (!str_starts_with($returnTo, getenv('APP') . '/')) {
    http_response_code(400);
    exit('Unknown returnTo.');
}
$request = ['http' => ['header' => 'Authorization: ' . getenv('API_KEY'), 'ignore_errors' => true]];
$mint = getenv('COUNTERSIGN') . "/v1/auth/oneTimeToken?user=$user";
$answer = file_get_contents($mint, false, stream_context_create($request));
$token = json_decode((string) $answer, true)['data'] ?? null;
if ($token === null) {
    error_log((string) $answer); // its request_id tells the operator why
    http_response_code(502);
    exit('Please try again.');
}
[$url, $fragment] = [strtok($returnTo, '#'), strstr($returnTo, '#')];
header("Location: $url" . (str_contains($url, '?') ? '&' : '?') . "oneTimeToken=$token$fragment", true, 303);
