-- It was for a second blind index of each number, which nothing makes.
ALTER TABLE phone DROP COLUMN next_number_index;
