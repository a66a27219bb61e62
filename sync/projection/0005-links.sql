-- Whose customer an event is about: asked for each event that goes to a CRM.
CREATE INDEX links_of_event ON customer_links(event);
