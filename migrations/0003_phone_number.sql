-- A first sign-in asks for the number's last epoch, ended pairings included, which the index of live ones cannot answer:
-- without this one it reads every number of the city.
CREATE INDEX phone_number ON phone (number_index, epoch);
