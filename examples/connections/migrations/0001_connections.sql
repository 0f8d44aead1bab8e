CREATE TABLE connections (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person text NOT NULL,
  met text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
