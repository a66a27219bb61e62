-- Most sales come without a trace id: they take no room here.
CREATE INDEX transactions_of_trace ON transactions(trace) WHERE length(trace) > 0;
