## enter
