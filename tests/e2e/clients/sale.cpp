// A sale over ZeroMQ from C++:  client_sale HOME KEY
// HOME is the agent's folder. The same KEY again gives the first answer again and sells nothing twice.

#include "sync/wire/commands.pb.h"

#include <chrono>
#include <fstream>
#include <iostream>
#include <string>

#include <zmq.hpp>

namespace v1 = tillstream::v1;

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: client_sale HOME KEY\n";
        return 2;
    }
    const std::string home = arguments[1];
    v1::Call call;
    std::getline(std::ifstream{home + "/token-pos"}, *call.mutable_token());
    call.set_idempotency_key(arguments[2]);
    v1::CommandLine& line = *call.mutable_record_transaction()->add_lines();
    line.set_sku("TEA-1");
    line.set_quantity("2");
    line.set_unit_price("2.50");
    v1::CommandTender& tender = *call.mutable_record_transaction()->add_tenders();
    tender.set_type(v1::TENDER_TYPE_CASH);
    tender.set_amount("5.00");

    zmq::context_t context;
    zmq::socket_t door{context, zmq::socket_type::req};
    door.set(zmq::sockopt::linger, 0);
    door.set(zmq::sockopt::rcvtimeo, 10'000);
    door.connect("ipc://" + home + "/agent.sock");
    door.send(zmq::buffer(call.SerializeAsString()), zmq::send_flags::none);
    zmq::message_t bytes;
    v1::Answer answer;
    if (!door.recv(bytes)) {
        std::cerr << "no answer: ask again with the same key\n";
        return 1;
    }
    if (!answer.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return 1;
    if (answer.has_problem()) {
        std::cerr << answer.problem().title() << ": " << answer.problem().detail() << '\n';
        return 1;
    }
    std::cout << "receipt " << answer.captured().receipt_number()
              << (answer.captured().replayed() ? " again\n" : " new\n");
}
